twenty-four other bytes.Á—T@˜ö>*“ôNà_IÜé)S­Õ@m`øÓáqôÆ-¬OU°9ÕÊ®nl@–»#Î']–h„Ž»Þþ—\÷­ô'MMƒTåú;{ÞºeVºzÙ
L¹ÒæZMóêÆvø}üà'¦a9”a²tª·p)ÖCð±=½<Ú[`